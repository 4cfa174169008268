/**
 * The limits of this machine: how much a run of the backend reads and multiplies in a second at most, with the given threads.
 *
 *   bandwidth   the sum over 1 GB, more than caches hold: an addition for each element read
 *   rate        2 m k n operations of a product [m, k] [k, n], the form of a layer's projections
 *
 * Each is the fastest of several runs: a limit was reached once.
 */
import { float32, type Backend } from "@ropewalk/backend";
import { encode, tape as newTape, type Tape, type Value } from "@ropewalk/graph";
import { noise } from "@ropewalk/testing/numbers/noise";
import { timed } from "./compare-times.ts";

export type Machine = {
  /** Bytes a second. */
  readonly bandwidth: number;
  /** Float32 operations a second. */
  readonly rate: number;
};

/** The milliseconds of the fastest of `runs` runs of a graph on one input. */
const fastest = async (
  backend: Backend,
  dims: readonly number[],
  build: (tape: Tape, x: Value) => Value,
  runs: number,
): Promise<number> => {
  const tape = newTape("roof");
  tape.output("y", build(tape, tape.input("x", "float32", dims)));
  const session = await backend.createSession(encode(tape.model()));
  const x = float32(dims, noise(dims.reduce((size, dim) => size * dim, 1)));
  let least = Infinity;
  for (let run = 0; run < runs; run++) least = Math.min(least, await timed(() => session.run({ x }, { read: ["y"] })));
  await session.release();
  return least;
};

export const measureMachine = async (backend: Backend): Promise<Machine> => {
  const side = 2 ** 14;
  const reading = await fastest(
    backend,
    [side, side],
    (tape, x) => tape.op("ReduceSum", [x, tape.constant("int64", [1], [1])], { keepdims: 1 }),
    11,
  );
  const [m, k, n] = [512, 2048, 2048];
  const multiplying = await fastest(
    backend,
    [m, k],
    (tape, x) => tape.op("MatMul", [x, tape.constant("float32", [k, n], noise(k * n))]),
    21,
  );
  return { bandwidth: (4 * side * side * 1000) / reading, rate: (2 * m * k * n * 1000) / multiplying };
};
