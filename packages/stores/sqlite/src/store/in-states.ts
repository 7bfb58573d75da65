/**
 * The condition that a row is in one of these states. They are written into the SQL, so that SQLite knows when an index
 * of one of them will do; of a closed list only. No condition where none is asked for.
 */
export const inStates = <S extends string>(known: readonly S[], asked: readonly S[] | undefined): string[] => {
  if (!asked) return [];
  const names = known.filter((state) => asked.includes(state)).map((state) => `'${state}'`);
  // Of one state an index may be; SQLite does not see that in a list of one.
  return [names.length === 1 ? `state = ${names[0]}` : `state IN (${names.join(', ')})`];
};
