/** Who is measured: an engine, and where it can be had in more than one way, which one. A row of the tables. */
import type { CachePrecision } from "@ropewalk/decoder";
import type { EngineName, Precision } from "./workload.ts";

export type Entrant = {
  /** The row's name. */
  readonly name: string;
  readonly engine: EngineName;
  /** Of Ropewalk: how it keeps settled keys and values. The others have their own way. */
  readonly cache: CachePrecision;
};

const named: Readonly<Record<CachePrecision, string>> = {
  float32: "ropewalk",
  float16: "ropewalk, float16 cache",
  q8: "ropewalk, 8-bit cache",
};

/** Beside weights in float32 stands the float32 cache alone: nobody rounds keys before weights. */
const suits = (precision: Precision, cache: CachePrecision): boolean => precision !== "float32" || cache === "float32";

/** Those of some engines that one precision of weights is measured with. */
export const entrantsFor = (
  precision: Precision,
  { engines, caches }: { readonly engines: readonly EngineName[]; readonly caches: readonly CachePrecision[] },
): readonly Entrant[] =>
  engines.flatMap((engine): readonly Entrant[] =>
    engine === "ropewalk"
      ? caches.filter((cache) => suits(precision, cache)).map((cache) => ({ name: named[cache], engine, cache }))
      : [{ name: engine, engine, cache: "float32" }],
  );
