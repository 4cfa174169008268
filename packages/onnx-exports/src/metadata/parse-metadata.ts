/**
 * Checks the metadata of a rewritten model. It is text in a file that anybody may have changed. So every key must be known, every value
 * must have its type and range, and the statements about layers must agree.
 */
import { check, checkInteger, checkOneOf, type Keys } from "@ropewalk/check";
import { readRecord, readRopeScaling } from "@ropewalk/context-extension";
import { cachePrecisions, type DecoderSizes } from "@ropewalk/decoder";
import type { RopewalkMetadata } from "./metadata.ts";
import type { AttentionMatch } from "../recognise/attention-match.ts";
import { checkAttention, checkRotation } from "./check-attention.ts";
import { checkObject, checkText, most, where } from "./value-checks.ts";
import { checkPathName } from "./attention-path-name.ts";
import { checkAttentionMatch } from "./check-attention-match.ts";
import { fromVersion1 } from "./version-1.ts";

const decoderKeys: Keys<DecoderSizes> = {
  vocabSize: true,
  numLayers: true,
  numHeads: true,
  numKvHeads: true,
  headDim: true,
  trainedContext: true,
  rope: true,
  slidingWindow: true,
  attention: true,
  contextLimit: true,
  statedPositions: true,
};

type ContextLimit = NonNullable<DecoderSizes["contextLimit"]>;

const limits: readonly ContextLimit["by"][] = ["sliding_window", "dual_chunk_attention_config"];

const checkLimit = (name: string, limit: ContextLimit): void => {
  checkObject<ContextLimit>(name, limit, { by: true, tokens: true, stated: true });
  checkOneOf(where, `${name}.by`, limit.by, limits);
  checkInteger(where, `${name}.tokens`, limit.tokens, 1, most.tokens);
  checkInteger(where, `${name}.stated`, limit.stated, 1, most.tokens);
};

/** The number of dimensions that rotate, which is the same in all layers that rotate. */
const rotatingDim = (sites: readonly AttentionMatch[]): number =>
  sites.find(({ rotaryDim }) => rotaryDim > 0)?.rotaryDim ?? sites[0]!.headDim;

type StatedPositions = NonNullable<DecoderSizes["statedPositions"]>;

const checkStated = (name: string, stated: StatedPositions): void => {
  checkObject<StatedPositions>(name, stated, { by: true, positions: true, tokens: true });
  checkOneOf(where, `${name}.by`, stated.by, ["dual_chunk_attention_config"]);
  readRecord(where, name, { positions: stated.positions });
  checkInteger(where, `${name}.tokens`, stated.tokens, 1, most.tokens);
};

const checkDecoder = (name: string, decoder: DecoderSizes, metadata: RopewalkMetadata): void => {
  checkObject(name, decoder, decoderKeys);
  const { sites, trainedContext } = metadata;
  check(
    decoder.numLayers === sites.length,
    `${where}: ${name}.numLayers must be the number of sites, ${sites.length}`,
    decoder.numLayers,
  );
  for (const size of ["numHeads", "numKvHeads", "headDim"] as const) {
    const other = sites.find((site) => site[size] !== decoder[size]);
    check(other === undefined, `${where}: ${name}.${size} must be that of the sites, ${other?.[size]}`, decoder[size]);
  }
  checkInteger(where, `${name}.vocabSize`, decoder.vocabSize, 1, most.tokens);
  check(
    decoder.trainedContext === trainedContext,
    `${where}: ${name}.trainedContext must be trainedContext, ${trainedContext}`,
    decoder.trainedContext,
  );
  if (decoder.slidingWindow !== undefined)
    checkInteger(where, `${name}.slidingWindow`, decoder.slidingWindow, 1, most.tokens);
  if (decoder.contextLimit !== undefined) checkLimit(`${name}.contextLimit`, decoder.contextLimit);
  if (decoder.statedPositions !== undefined) checkStated(`${name}.statedPositions`, decoder.statedPositions);
  checkRotation(`${name}.rope`, decoder.rope, rotatingDim(sites));
  if (decoder.attention !== undefined) checkAttention(`${name}.attention`, decoder.attention, sites);
};

const checkExtension = ({ extension, customMapping, sites }: RopewalkMetadata): void => {
  const { positions, rope } = readRecord(where, "extension", extension);
  if (rope !== undefined) readRopeScaling(where, "extension.rope", rope, rotatingDim(sites));
  if (customMapping === undefined) return;
  checkText("customMapping", customMapping);
  check(positions === undefined, `${where}: customMapping must be absent beside extension.positions`, customMapping);
};

/**
 * The metadata of a parsed record, of this version or an earlier one.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const parseMetadata = (record: unknown): RopewalkMetadata => {
  const metadata = fromVersion1(record) as RopewalkMetadata;
  checkObject<RopewalkMetadata>("the record", metadata, {
    version: true,
    extension: true,
    customMapping: true,
    trainedContext: true,
    slidingWindow: true,
    sites: true,
    chunk: true,
  });
  check(metadata.version === 2, `${where}: version must be 1 or 2`, metadata.version, "number");
  checkInteger(where, "trainedContext", metadata.trainedContext, 1, most.tokens);
  if (metadata.slidingWindow !== null && metadata.slidingWindow !== undefined)
    checkInteger(where, "slidingWindow", metadata.slidingWindow, 1, most.tokens);
  check(Array.isArray(metadata.sites), `${where}: sites must be a list`, metadata.sites, "object");
  check(
    metadata.sites.length > 0 && metadata.sites.length <= most.layers,
    `${where}: sites must be from 1 to ${most.layers}`,
    metadata.sites.length,
  );
  metadata.sites.forEach((site, index) => checkAttentionMatch(`sites[${index}]`, site));
  checkExtension(metadata);
  if (metadata.chunk !== undefined) {
    const { chunk } = metadata;
    checkObject<NonNullable<RopewalkMetadata["chunk"]>>("chunk", chunk, { decoder: true, layout: true, cache: true });
    checkPathName("chunk.layout", chunk.layout);
    checkOneOf(where, "chunk.cache", chunk.cache, cachePrecisions);
    checkDecoder("chunk.decoder", chunk.decoder, metadata);
  }
  return metadata;
};
