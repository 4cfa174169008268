/** The passkey task as an evaluation: one cell of its grid. */
import { check, checkKeys, number, optional, positive, showName, type Keys } from "@ropewalk/check";
import type { Evaluation, EvaluationContext } from "../evaluation.ts";
import { passkeyCell, type PasskeyCell } from "./passkey-cell.ts";
import {
  englishPasskey,
  passkeyFrom,
  passkeyIn,
  withDigits,
  type PasskeyLanguage,
  type PasskeyTemplate,
  type PasskeyWording,
} from "./wording.ts";

export type PasskeyParams = {
  /** Tokens of prompt and answer together. */
  readonly length: number;
  /** The key's place: 0 after the first sentence, 1 before the last. */
  readonly depth: number;
  /** Prompts of the cell, each with its own key. Default 10. */
  readonly trials: number;
  /** The same seed gives the same prompts. Default 3. */
  readonly seed: number;
  /** Keys in each text, each for another name. Absent: one, without a name. */
  readonly keys?: number;
  /** Digits of a key. Absent: five. */
  readonly digits?: number;
  /** A file with a template, used instead of the model's own words. */
  readonly template?: string;
};

/** The parameters before defaults are filled in. */
type Asked = Omit<PasskeyParams, "trials" | "seed"> & Partial<PasskeyParams>;

const keys: Keys<PasskeyParams> = {
  length: positive,
  depth: number("from 0 to 1", (depth) => depth >= 0 && depth <= 1),
  trials: optional(positive),
  seed: optional(number("an integer", Number.isSafeInteger)),
  keys: optional(positive),
  digits: optional(positive),
  template: optional((where, name, value) =>
    check(typeof value === "string" && value !== "", `${where}: ${name} must be a file`, value, "string"),
  ),
};

const templateIn = (name: string, text: string): PasskeyTemplate => {
  try {
    return JSON.parse(text) as PasskeyTemplate;
  } catch (error) {
    throw new TypeError(`passkey: ${showName(name)} must be JSON, got ${(error as Error).message}`, { cause: error });
  }
};

/** The wording of the template if one is named; else of the model's own task.json if it has one; else in English. */
const wordingFor = async (
  name: string,
  { keys: count, digits, template }: PasskeyParams,
  { read, readOwn }: EvaluationContext,
): Promise<PasskeyWording> => {
  const length = digits === undefined ? {} : { digits };
  const own = template === undefined ? await readOwn?.("task.json") : undefined;
  check(
    own !== undefined || count === undefined,
    template === undefined
      ? `passkey: keys must be absent for ${name}, whose texts are in English, with one key`
      : "passkey: keys must be absent beside a template, whose texts have one key",
    count,
  );
  if (template !== undefined) return passkeyFrom(templateIn(template, await read(template)), length);
  if (own === undefined) return withDigits(englishPasskey, length);
  return passkeyIn(JSON.parse(own) as PasskeyLanguage, { ...length, ...(count === undefined ? {} : { keys: count }) });
};

export const passkeyEvaluation: Evaluation<PasskeyParams, PasskeyCell> = {
  kind: "passkey",
  check: (where, params) => ({ trials: 10, seed: 3, ...checkKeys(where, "params", params as Asked, keys) }),
  files: ({ template }) => (template === undefined ? [] : [template]),
  length: ({ length }) => length,
  tokens: ({ length, trials }) => length * trials,
  figures: ({ found, trials }) => [{ name: "keys found", value: found / trials, share: true }],
  found: ({ length, depth, found, trials }) => ({ length, depth, found, trials }),
  run: async (model, params, context) => {
    const wording = await wordingFor(model.source.name, params, context);
    const { length, depth, trials, seed } = params;
    const at = { length, depth, trials, seed };
    const total = at.length * at.trials;
    let done = 0;
    const onTrial = (): void => context.onProgress?.((done += at.length), total);
    return passkeyCell(wording, model, at, onTrial, context.signal);
  },
};
