/**
 * The conformance suite: what every backend must do, as cases that any test runner can run.
 *
 * The graphs are the primitives' emissions, at 64 tokens and more (several runtimes are right below that and wrong above),
 * with what the references give for them.
 */
import type { Backend } from "./backend.ts";
import { graphCases } from "./conformance/cases.ts";
import { checkBuffers, checkErrors } from "./conformance/contract.ts";
import { runGraphCase } from "./conformance/graphs.ts";

export { tolerance, type GraphCase } from "./conformance/graphs.ts";
export { prepare, type Recipe } from "./conformance/recipe.ts";

export type ConformanceCase = {
  readonly name: string;
  /** @throws Error that says what differs */
  readonly run: (backend: Backend) => Promise<void>;
};

export const conformanceCases: readonly ConformanceCase[] = [
  ...graphCases.map((graph): ConformanceCase => ({ name: graph.name, run: (backend) => runGraphCase(backend, graph) })),
  { name: "buffers are written and moved in place", run: checkBuffers },
  { name: "errors name the backend and what was wrong", run: (backend) => checkErrors(backend, graphCases[0]!) },
];
