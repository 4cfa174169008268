/**
 * The conformance suite that every backend must pass, as cases for any test runner.
 *
 * The primitives emit the graphs, at 64 tokens and more, because several runtimes are right below that and wrong above. The
 * references compute the expected outputs.
 */
import type { Backend } from "../backend.ts";
import { graphCases, identityModel } from "./cases.ts";
import { checkBuffers, checkErrors, checkKept, checkRelease, checkRunsAtOnce } from "./contract.ts";
import { runGraphCase } from "./graphs.ts";

export type ConformanceCase = {
  readonly name: string;
  /** @throws Error that says what differs */
  readonly run: (backend: Backend) => Promise<void>;
};

export const conformanceCases: readonly ConformanceCase[] = [
  ...graphCases.map((graph): ConformanceCase => ({ name: graph.name, run: (backend) => runGraphCase(backend, graph) })),
  { name: "buffers are written and moved in place", run: (backend) => checkBuffers(backend, identityModel) },
  { name: "kept outputs are written and fed again", run: (backend) => checkKept(backend, identityModel) },
  {
    name: "a released session runs no more, and is released once",
    run: (backend) => checkRelease(backend, identityModel),
  },
  {
    name: "runs asked for at once give what each gives alone",
    run: (backend) => checkRunsAtOnce(backend, identityModel),
  },
  {
    name: "sessions made at the same time keep their own weights",
    run: async (backend) => {
      const withWeights = graphCases.filter(({ weights }) => weights !== undefined);
      await Promise.all([...withWeights, ...withWeights].map((graph) => runGraphCase(backend, graph)));
    },
  },
  {
    name: "says that nothing keeps it from running here",
    run: async (backend) => {
      const reason = await backend.unavailable();
      if (reason !== undefined)
        throw new Error(`${backend.name}: unavailable must give nothing where it runs, got ${reason}`);
    },
  },
  { name: "errors name the backend and what was wrong", run: (backend) => checkErrors(backend, graphCases[0]!) },
];
