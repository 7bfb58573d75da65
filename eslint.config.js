import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Dependencies point down only (docs/adr/0001-layers.md). */
const layers = {
  'layer:core': [],
  'layer:api': [],
  'layer:manager': ['layer:core'],
  'layer:shared': ['layer:core'],
  'layer:adapter': ['layer:core', 'layer:shared'],
  'layer:client': ['layer:core', 'layer:api'],
  'layer:facade': ['layer:core', 'layer:manager', 'layer:adapter'],
  'layer:testkit': ['layer:core'],
  'layer:app': ['layer:core', 'layer:api', 'layer:manager', 'layer:adapter', 'layer:shared'],
  'layer:tool': ['layer:core', 'layer:client', 'layer:manager', 'layer:adapter', 'layer:shared'],
  'layer:dev': [
    'layer:core',
    'layer:api',
    'layer:client',
    'layer:adapter',
    'layer:shared',
    'layer:manager',
    'layer:testkit',
  ],
};

const constraints = (more) =>
  Object.entries(layers).map(([sourceTag, to]) => ({ sourceTag, onlyDependOnLibsWithTags: [...to, ...more] }));

const boundaries = (more, options = {}) => [
  'error',
  { enforceBuildableLibDependency: true, allow: [], depConstraints: constraints(more), ...options },
];

const ports = 'Time, chance and the environment come through Ports (docs/adr/0001-layers.md).';

export default tseslint.config(
  { ignores: ['**/dist', '**/out-tsc', '**/coverage', '**/.nx', 'packages/api/src/gen/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries([]),
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/test/**/*.ts', '**/*.test.ts'],
    rules: {
      // A test looks at its own package through the front door, and drives real neighbours.
      '@nx/enforce-module-boundaries': boundaries(
        ['layer:testkit', 'layer:client', 'layer:api', 'layer:adapter', 'layer:shared', 'layer:manager'],
        { allowCircularSelfDependency: true },
      ),
      'max-lines-per-function': 'off',
      'max-lines': 'off',
    },
  },
  {
    files: ['packages/{manager,alerts,client,core}/src/**/*.ts'],
    ignores: ['packages/core/src/system-ports.ts', '**/*.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'fetch', 'performance'].map((name) => ({ name, message: ports })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: ports },
        { object: 'Math', property: 'random', message: ports },
        { object: 'process', property: 'env', message: ports },
      ],
    },
  },
  {
    // The seed's own lines, as they stand: it imports a type as it imports a class.
    files: ['packages/alerts/test/configuring-notifications.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  { files: ['tools/**/*.ts'], rules: { 'no-console': 'off' } },
  prettier,
);
