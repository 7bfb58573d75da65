import { preset } from '../jest.preset.js';

const own = preset('tools');

// The generators are a project of their own.
export default { ...own, testPathIgnorePatterns: [...own.testPathIgnorePatterns, '<rootDir>/workspace/'] };
