/** A session that can be released: runs under way end first, later runs are refused, a second release gives the first's promise. */
import type { Session } from "./backend.ts";

export const untilReleased = (name: string, { run, release, ...rest }: Session): Session => {
  const underWay = new Set<Promise<unknown>>();
  let released: Promise<void> | undefined;
  return {
    ...rest,
    run: async (feeds, fetches) => {
      if (released !== undefined)
        throw new TypeError(`${name}: a session that runs must not be released, got one that is`);
      const running = run(feeds, fetches);
      underWay.add(running);
      try {
        return await running;
      } finally {
        underWay.delete(running);
      }
    },
    release: () => (released ??= Promise.allSettled(underWay).then(release)),
  };
};
