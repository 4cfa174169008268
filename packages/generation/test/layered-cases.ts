/**
 * The golden logits of random checkpoints by Hugging Face transformers in which heads have a width or norms of their own, or
 * layers differ; `method` names the mapping that a case was made under. Read by tests in Node and in a page.
 */
import { compose, logN, withPositions, type ContextExtension } from "@ropewalk/decoder";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";

type Numbers = Readonly<Record<string, number>>;

export type LayeredCase = {
  readonly method: { readonly kind: string } & Numbers;
  readonly logNContext?: number;
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly argmaxAll: readonly number[];
};

/** The mappings of the cases that run. */
const computed: ReadonlySet<string> = new Set(["none", "self-extend", "string"]);

export const computedCases = (cases: readonly LayeredCase[]): readonly LayeredCase[] =>
  cases.filter(({ method }) => computed.has(method.kind));

export const layeredExtension = ({ method, logNContext }: LayeredCase): ContextExtension =>
  compose(
    method.kind === "none" ? {} : withPositions(method as unknown as PositionScheme),
    logNContext === undefined ? {} : logN({ trainedContext: logNContext }),
  );
