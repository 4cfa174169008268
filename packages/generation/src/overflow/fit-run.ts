/** Makes a run fit: its ids, the prefix that it follows, and the graph that runs it. */
import { byKind } from "@ropewalk/check";
import { checkCapacity, type BeyondCapacity } from "./capacity.ts";
import type { LoadedGraph } from "../model/loaded-graph.ts";
import type { Prefix } from "../prefix/prefix.ts";
import { fits, newTokensFor, refuseRegroup, shortenedStart, type Start } from "./overflow-ids.ts";
import type { Overflow, OverflowPolicy } from "./overflow-policy.ts";

export type Run = Start<Prefix> & { readonly graph: LoadedGraph };

const underPolicy = (
  { graph, after, ids }: Pick<Run, "graph" | "after" | "ids">,
  asked: number | undefined,
  policy: Overflow | OverflowPolicy,
): Run | Promise<Run> => {
  const { extended } = graph;
  const shortened = (how: Parameters<typeof shortenedStart>[3]): Run => ({
    graph,
    ...shortenedStart(extended, { after, ids }, asked, how),
  });
  if (typeof policy === "function") return shortened(policy);
  return byKind<Overflow, Run | Promise<Run>, []>("generate", "beyondCapacity", policy, {
    "keep-ends": shortened,
    regroup: async () => {
      const all = [...(after?.ids ?? []), ...ids];
      const maxNewTokens = newTokensFor(asked, Infinity);
      const length = all.length + maxNewTokens;
      // The prefix's keys have other positions, so they are of no use.
      const longer = (await graph.longer?.(length)) ?? refuseRegroup(extended, length);
      return { graph: longer, after: undefined, ids: all, promptTokens: all.length, maxNewTokens };
    },
  });
};

/**
 * The run as it is where it fits or is allowed not to fit; otherwise the run that the policy makes of it.
 *
 * @throws RangeError with the code context_length_exceeded where the run does not fit and there is no policy, or where the ids that a policy
 *   gives do not fit
 */
export const fittedRun = async (
  { graph, after, ids }: Pick<Run, "graph" | "after" | "ids">,
  asked: number | undefined,
  choice: BeyondCapacity | Overflow | OverflowPolicy = "refuse",
): Promise<Run> => {
  const { extended } = graph;
  const promptTokens = (after?.ids.length ?? 0) + ids.length;
  const maxNewTokens = newTokensFor(asked, extended.capacity - promptTokens);
  if (!fits(extended, promptTokens, maxNewTokens)) {
    if (typeof choice !== "string") return underPolicy({ graph, after, ids }, asked, choice);
    checkCapacity("generate", extended, promptTokens + maxNewTokens, choice);
  }
  return { graph, after, ids, promptTokens, maxNewTokens };
};
