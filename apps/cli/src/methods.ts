/** The position methods that the command line knows, one row each: which numbers it reads, how absent ones are chosen. */
import { leakyReRope, reRope, selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/decoder";
import { chooseSelfExtend, defaultWindow } from "@ropewalk/position-mapping";

export type Numbers = { readonly groupSize?: number | undefined; readonly window?: number | undefined };

export type Asked = Numbers & { readonly trainedContext: number; readonly length: number };

export type MethodRow = {
  readonly reads: readonly (keyof Numbers)[];
  /** The numbers as asked, and where nothing is asked, as chosen for the length. */
  readonly choose: (asked: Asked) => Numbers;
  readonly extension: (asked: Asked) => ContextExtension;
};

const row = <Chosen extends Numbers>(
  reads: MethodRow["reads"],
  choose: (asked: Asked) => Chosen,
  extension: (chosen: Chosen) => ContextExtension,
): MethodRow => ({ reads, choose, extension: (asked) => extension(choose(asked)) });

/** Where a method wants a window and none is asked, the one that SelfExtend would take. */
const aWindow = ({ trainedContext, window }: Asked): { readonly window: number } => ({
  window: window ?? defaultWindow(trainedContext),
});

const groupsAndWindow = (asked: Asked): { readonly groupSize: number; readonly window: number } => {
  const { trainedContext, length, groupSize, window } = asked;
  if (groupSize !== undefined) return { groupSize, ...aWindow(asked) };
  return chooseSelfExtend({ trainedContext, length, ...(window === undefined ? {} : { window }) });
};

export type Method = "none" | "self-extend" | "re-rope" | "leaky-re-rope" | "sliding-window";

export const methods: Readonly<Record<Method, MethodRow>> = {
  none: row(
    [],
    () => ({}),
    () => ({}),
  ),
  "self-extend": row(["groupSize", "window"], groupsAndWindow, selfExtend),
  "re-rope": row(["window"], aWindow, reRope),
  "leaky-re-rope": row(["groupSize", "window"], groupsAndWindow, ({ groupSize, window }) =>
    leakyReRope({ factor: groupSize, window }),
  ),
  "sliding-window": row(
    ["window"],
    ({ trainedContext, window }) => ({ window: window ?? trainedContext }),
    slidingWindow,
  ),
};
