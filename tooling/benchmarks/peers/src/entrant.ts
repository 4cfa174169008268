/** Who is measured: an engine, and where it can be had in more than one way, which one. A row of the tables. */
import type { CachePrecision } from "@ropewalk/decoder";
import { reads, type EngineName, type Precision } from "./workload.ts";

/** A precision of weights and of the cache. */
const unrounded = "float32";

export type Entrant = {
  /** The row's name. */
  readonly name: string;
  readonly engine: EngineName;
  /** Of Ropewalk: how it keeps settled keys and values. The others have their own way. */
  readonly cache: CachePrecision;
};

/** What keeps its cache as it computes has no more to its name. */
const named = (cache: CachePrecision): string => (cache === unrounded ? "ropewalk" : `ropewalk, cache in ${cache}`);

/** Beside weights that are not rounded stands a cache that is not: nobody rounds keys before weights. */
const suits = (precision: Precision, cache: CachePrecision): boolean => precision !== unrounded || cache === unrounded;

/** Those of some engines that one precision of weights is measured with: who has a model of it. */
export const entrantsFor = (
  precision: Precision,
  { engines, caches }: { readonly engines: readonly EngineName[]; readonly caches: readonly CachePrecision[] },
): readonly Entrant[] =>
  engines
    .filter((engine) => reads(engine, precision))
    .flatMap((engine): readonly Entrant[] =>
      engine === "ropewalk"
        ? caches.filter((cache) => suits(precision, cache)).map((cache) => ({ name: named(cache), engine, cache }))
        : [{ name: engine, engine, cache: unrounded }],
    );
