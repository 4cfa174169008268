/** Keys hidden in text far beyond the trained window, under the methods that the command line shows side by side. */
import { compose, logN, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { passkeyCell, passkeyIn, type PasskeyLanguage } from "@ropewalk/evals";
import { loadModel } from "@ropewalk/generation";
import { chooseSelfExtend } from "@ropewalk/position-mapping";
import { passkey875k } from "@ropewalk/tiny-models";
import { passkeyFolder } from "./small-models.ts";
import type { Place } from "./place.ts";

const { trainedContext } = passkey875k;

const extended = (length: number): ContextExtension => selfExtend(chooseSelfExtend({ trainedContext, length }));

export const methods = {
  none: () => ({}),
  "self-extend": extended,
  "self-extend+log-n": (length) => compose(extended(length), logN({ trainedContext })),
} satisfies Readonly<Record<string, (length: number) => ContextExtension>>;

export type Keys = {
  readonly method: keyof typeof methods;
  /** Tokens of prompt and answer. */
  readonly length: number;
  /** One key at each. */
  readonly depths: readonly number[];
};

/** Which of the keys are found. Places are given the same texts. */
export const findKeys = async (
  { method, length, depths }: Keys,
  { backend, model, json }: Pick<Place, "backend" | "model" | "json">,
): Promise<readonly boolean[]> => {
  const task = passkeyIn((await json(`${passkeyFolder}/task.json`)) as PasskeyLanguage);
  const reader = await loadModel(await model(passkeyFolder), { backend, extension: methods[method](length) });
  const found: boolean[] = [];
  for (const depth of depths)
    found.push((await passkeyCell(task, reader, { length, depth, trials: 1, seed: 1 })).found === 1);
  await reader.release();
  return found;
};
