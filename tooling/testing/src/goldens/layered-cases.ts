/**
 * The golden logits of random checkpoints by Hugging Face transformers in which heads have a width or norms of their own, or
 * layers differ; `method` names the mapping that a case was made under. Read by tests in Node and in a page.
 */
import { compose, logN, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";
import { threeBands } from "./three-bands.ts";

type Numbers = Readonly<Record<string, number>>;

export type LayeredCase = {
  readonly method: { readonly kind: string } & Numbers;
  readonly logNContext?: number;
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly argmaxAll: readonly number[];
};

type Row = {
  /** How its bands are attended to. */
  readonly layout: "everything" | "near-far" | "chunked" | "masked";
  readonly scheme: (numbers: Numbers) => PositionScheme | undefined;
};

/** A row for each kind that a case may have. */
const rows: Readonly<Record<string, Row>> = {
  none: { layout: "everything", scheme: () => undefined },
  "self-extend": {
    layout: "near-far",
    scheme: ({ groupSize, window }) => ({ kind: "self-extend", groupSize: groupSize!, window: window! }),
  },
  string: {
    layout: "near-far",
    scheme: ({ shiftFrom, window }) => ({ kind: "string", shiftFrom: shiftFrom!, window: window! }),
  },
  "dual-chunk": {
    layout: "chunked",
    scheme: ({ chunkSize, localSize }) => ({ kind: "dual-chunk", chunkSize: chunkSize!, localSize: localSize! }),
  },
  // The sinks are as far as the last token of the window: a cap of window - 1.
  sinks: { layout: "masked", scheme: ({ sinks, window }) => ({ kind: "sinks", sinks: sinks!, window: window! }) },
  "three-bands": { layout: "masked", scheme: threeBands },
};

export const layeredKinds: readonly string[] = Object.keys(rows);

export const layoutOf = ({ method }: LayeredCase): string => rows[method.kind]!.layout;

export const layeredExtension = ({ method, logNContext }: LayeredCase): ContextExtension => {
  const scheme = rows[method.kind]!.scheme(method as unknown as Numbers);
  return compose(
    scheme === undefined ? {} : withPositions(scheme),
    logNContext === undefined ? {} : logN({ trainedContext: logNContext }),
  );
};
