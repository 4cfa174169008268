/** Runs the samples of files under several methods. Workers take parts of the samples, and the answers are joined in order. */
import { extendDecoder } from "@ropewalk/decoder";
import type { SamplePart } from "@ropewalk/evals";
import { beyondCapacity, type OpenedModel } from "@ropewalk/generation";
import type { GroupsAndWindow } from "../describe/extension-in-words.ts";
import { notice } from "../terminal/notice.ts";
import { chosenFor, extensionFor } from "../model/open-model.ts";
import type { SharedOptions } from "../flags/shared.ts";
import { jobsOf, runSideBySide, type NamedJob } from "../pool/side-by-side.ts";
import {
  asksForVariants,
  plainVariant,
  variantsOf,
  withoutExtension,
  type RunVariant,
  type VariantOptions,
} from "../flags/variants.ts";

/** The parameters that all evaluations of samples share. */
type SampleParams = { readonly length: number; readonly part?: SamplePart };

/** A method and all its answers, in the order of the samples. */
export type MethodAnswers<Answer> = GroupsAndWindow & {
  readonly method: string;
  readonly positions: string;
  readonly answers: readonly Answer[];
  /** Whether the longest sample is beyond the method's capacity. */
  readonly beyondCapacity: boolean;
};

/** The methods of the flags. A single extension is compared with the plain model. */
export const besidePlain = (
  opened: OpenedModel,
  options: SharedOptions & VariantOptions,
  length: number,
): readonly RunVariant[] => {
  const variants = variantsOf(options);
  const chosen = (variant: RunVariant) =>
    chosenFor(opened, { ...withoutExtension(options), ...variant.options }, length);
  if (variants.length > 1 || !(asksForVariants(options) || chosen(variants[0]!).own)) return variants;
  const isPlain = (variant: RunVariant): boolean => Object.keys(chosen(variant).extension).length === 0;
  // An export that was written with an extension has no plain form.
  return isPlain(variants[0]!) || !isPlain(plainVariant) ? variants : [plainVariant, ...variants];
};

const partsOf = <Params extends SampleParams>(params: Params, samples: number, parts: number): readonly Params[] =>
  parts < 2
    ? [params]
    : Array.from({ length: Math.min(parts, samples) }, (_, index) => ({
        ...params,
        part: { index, of: Math.min(parts, samples) },
      }));

/** The answers in the order of the samples, from parts that took every n-th sample. */
const dealtBack = <Answer>(parts: readonly (readonly Answer[])[]): readonly Answer[] =>
  Array.from(
    { length: parts.reduce((sum, { length }) => sum + length, 0) },
    (_, index) => parts[index % parts.length]![Math.floor(index / parts.length)]!,
  );

export type SampleRun<Params extends SampleParams, Answer> = {
  readonly command: string;
  readonly model: string;
  readonly opened: OpenedModel;
  readonly options: SharedOptions & VariantOptions;
  readonly workers: number;
  readonly texts: Readonly<Record<string, string>>;
  readonly kind: string;
  readonly params: Params;
  /** The number of samples. */
  readonly samples: number;
  /** Tokens of the longest run that an answer took. */
  readonly tokensOf: (answer: Answer, index: number) => number;
};

/**
 * The answers of every method.
 *
 * @throws Error with the first failure
 */
export const runSamples = async <Params extends SampleParams, Answer>(
  run: SampleRun<Params, Answer>,
  variants: readonly RunVariant[],
): Promise<readonly MethodAnswers<Answer>[]> => {
  const { command, model, opened, options, workers, texts, kind, params, samples, tokensOf } = run;
  const parts = partsOf(params, samples, Math.ceil(workers / variants.length));
  const jobs = jobsOf(kind, { model, opened, options }, variants, parts);
  const results = await runSideBySide<Params>(
    {
      command,
      opened,
      options,
      workers,
      texts,
      workOf: ({ part = { index: 0, of: 1 } }) => Math.ceil((samples - part.index) / part.of),
      label: ({ name }: NamedJob<Params>) => name,
    },
    jobs,
  );
  return variants.map((_, variant) => {
    const at = variant * parts.length;
    const { name, options: own } = jobs[at]!;
    const answers = dealtBack(
      results
        .slice(at, at + parts.length)
        .map(({ result }) => (result as { readonly answers: readonly Answer[] }).answers),
    );
    const longest = Math.max(...answers.map(tokensOf));
    const extended = extendDecoder(opened.source.decoder, extensionFor(opened, own, params.length));
    const problem = beyondCapacity(extended, longest);
    if (problem !== undefined) notice(`${command}: ${name} goes beyond its capacity, run all the same: ${problem}`);
    const { positions, numbers } = results[at]!;
    return { method: name, positions, ...numbers, answers, beyondCapacity: problem !== undefined };
  });
};
