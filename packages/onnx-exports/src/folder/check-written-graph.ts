/** A model file that was written for the cache of generation runs as it is. These checks say what it cannot be run with. */
import { attentionPathName, type AskedAttentions, type ExtendedDecoder, type Operators } from "@ropewalk/decoder";
import { refuse } from "../errors.ts";
import { currentPathName } from "../metadata/attention-path-name.ts";
import type { ChunkMetadata } from "../metadata/metadata.ts";

/** The kinds of bands in an attention path's name, without the rotations whose keys they read. */
const kindsIn = (pathName: string): string => pathName.replaceAll(/( \d+)+/g, "");

/**
 * @param extension - the extension that the graph was written with, as errors name it
 * @throws RangeError when another graph, or another cache, is needed than the one that was written
 */
export const checkSameGraph = (chunk: ChunkMetadata, extended: ExtendedDecoder, extension: string): void => {
  const [written, needed] = [currentPathName(chunk.layout), attentionPathName(extended)];
  const mapping = extended.positions.name;
  if (kindsIn(written) !== kindsIn(needed))
    refuse(
      `a model that was written for generation must keep the kind of its bands (${extension}: ${kindsIn(written)}), got ` +
        `${mapping}: ${kindsIn(needed)}; extend the export itself`,
    );
  if (written !== needed)
    refuse(
      `a model that was written for generation must give the keys that bands read in as many rotations (${extension}: ${written}), got ` +
        `${mapping}: ${needed}; extend the export itself`,
    );
  if (chunk.cache !== extended.cache)
    refuse(`a model that was written for a cache in ${chunk.cache} must have one, got ${extended.cache}`);
};

/** @throws RangeError when the backend has plain operators alone */
export const checkAllOperators = (operators: Operators): void => {
  if (operators !== "all")
    refuse(
      `a model that was written for generation must run where there are all operators, for it has If and Scan, got a backend with ` +
        `${operators} ones; load the export itself`,
    );
};

/** @throws RangeError when attentions are asked for */
export const checkNoAttentions = (attentions: AskedAttentions | undefined): void => {
  if (attentions !== undefined)
    refuse(
      `a model that was written for generation must be run without attentions, which it does not give out, got ${attentions.what}; ` +
        "load the export itself",
    );
};
