/** Rejects with an error that names what was asked for, why it needs Node, and what a browser has instead. */
export const needsNode = async (where: string, what: string, instead: string, asked: unknown): Promise<never> => {
  throw new Error(
    `${where}: ${what} needs Node, got ${JSON.stringify(asked)} in a browser; there take ${instead} of @ropewalk/models`,
  );
};
