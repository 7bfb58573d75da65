/** Runs with these `OTEL_*` variables and no others, and puts back what was there. */
export const withEnvironment = async <T>(
  variables: Readonly<Record<string, string>>,
  run: () => Promise<T>,
): Promise<T> => {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    return await run();
  } finally {
    for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) delete process.env[name];
    Object.assign(process.env, before);
  }
};
