/** The lowest version of a package that may be installed, and why. */
export interface Floor {
  readonly name: string;
  /** One for each major line that is still mended; a version of another, higher line is taken too. */
  readonly floors: readonly string[];
  /** What was wrong below it. */
  readonly why: string;
  /** Versions above the floor that must not be installed all the same. */
  readonly never?: readonly string[];
  /** Who uses it. A lower floor for what never runs where alerts are. */
  readonly except?: { readonly path: string; readonly floor: string; readonly why: string };
}

/**
 * The floors of reliability.md §3.3, November 2026. Whoever raises a dependency because of an advisory raises the floor
 * here; whoever lowers one needs a reason that stands here.
 */
export const floors: readonly Floor[] = [
  {
    name: '@grpc/grpc-js',
    floors: ['1.14.4'],
    why: 'CVE-2026-48068 and CVE-2026-48069 (a malformed stream start or compressed message ends the process), CVE-2024-37168 (the size limit came after the allocation)',
  },
  {
    name: 'protobufjs',
    floors: ['7.6.1', '8.4.1'],
    why: 'CVE-2023-36665 (prototype pollution), CVE-2026-41242 (code from type names), CVE-2026-44289, -44291 and -48712 (recursion)',
  },
  {
    name: 'axios',
    floors: ['1.21.1'],
    why: 'CVE-2025-62718 and its incomplete mends (NO_PROXY, 127/8), CVE-2026-44492, CVE-2026-42264, and about 28 more by 1.19',
    never: ['1.14.1', '0.30.4'],
    except: {
      path: 'node_modules/axios',
      floor: '1.18.0',
      why: 'Nx alone has it, to speak to its own cloud, which is off; it is not in any package that ships',
    },
  },
  {
    name: 'nodemailer',
    floors: ['10.0.14'],
    why: 'CVE-2025-13033 (mail to the wrong domain), CVE-2025-14874 (recursion), and CR LF in envelope, names, List-* headers, header keys and CONNECT (to 9.0.5)',
  },
  { name: 'smtp-server', floors: ['3.18.3'], why: 'CVE-2026-38728 (a line without an end)' },
  { name: 'form-data', floors: ['4.0.6'], why: 'GHSA-hmw2-7cc7-3qxx (CR LF in names)' },
  { name: 'ws', floors: ['8.17.1'], why: 'CVE-2024-37890 (many headers end the process)' },
  ...(['linux-x64', 'linux-arm64', 'win-x64'] as const).map((platform) => ({
    name: `node-${platform}`,
    floors: ['22.23.2', '24.21.0'],
    why: 'CVE-2026-56846 and CVE-2026-56848 (HTTP/2), CVE-2026-21714 (windows that overflow keep the session), CVE-2026-21637 (SNICallback)',
  })),
];

/**
 * Packages that want to run a script when they are installed. None does (`ignore-scripts` in `.npmrc`), and each of
 * these was seen to work without. A new one must be looked at before it is added.
 */
export const scriptedPackages: Readonly<Record<string, string>> = {
  '@bufbuild/buf': 'replaces a shim by the program; the shim finds it as well',
  '@parcel/watcher': 'compiles what it ships compiled; Nx uses it for its daemon, which is off',
  '@swc/core': 'looks for its binary, which is a package of its own',
  nx: 'sets up its daemon, which is off',
  protobufjs: 'warns of the version scheme',
};
