/** The facts of a model that are data, so that they can be sent out of a worker. */
import { recordOf, type ContextExtension } from "@ropewalk/context-extension";
import type { DecoderSizes } from "@ropewalk/decoder";
import { storedBytes } from "@ropewalk/models";
import type { LanguageModel } from "../model/language-model.ts";
import type { ModelSource } from "../model/model-source.ts";
import type { ModelFacts, SourceFacts } from "./wire.ts";

/** Every key of the type. A key that is added to the type and is missing here does not compile. */
const sizeKeys: Readonly<Record<keyof DecoderSizes, true>> = {
  trainedContext: true,
  contextLimit: true,
  statedPositions: true,
  rope: true,
  slidingWindow: true,
  numLayers: true,
  headDim: true,
  attention: true,
  vocabSize: true,
  numHeads: true,
  numKvHeads: true,
};

const sizesOf = (decoder: DecoderSizes): DecoderSizes =>
  Object.fromEntries(Object.entries(decoder).filter(([key]) => Object.hasOwn(sizeKeys, key))) as DecoderSizes;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const bytesOf = (source: ModelSource): number =>
  source.kind === "checkpoint"
    ? sum(Object.values(storedBytes(source)))
    : source.modelBytes + sum(source.files.map((file) => file.source.size));

export const sourceFacts = (source: ModelSource): SourceFacts => ({
  kind: source.kind,
  name: source.name,
  family: source.kind === "checkpoint" ? source.decoder.family : undefined,
  decoder: sizesOf(source.decoder),
  bosToken: source.bosToken,
  stopTokens: source.stopTokens,
  generationConfig: source.generationConfig,
  bytes: bytesOf(source),
  tokenizer: source.tokenizer,
});

export const modelFacts = (
  id: number,
  { backend, extended, source }: LanguageModel,
  extension: ContextExtension,
): ModelFacts => ({
  id,
  source: sourceFacts(source),
  backend: { name: backend.name, precision: backend.precision, stepsPerRun: backend.stepsPerRun },
  extension: recordOf(extension),
  cache: extended.cache,
});
