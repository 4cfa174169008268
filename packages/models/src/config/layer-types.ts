/**
 * Which layers slide. Newer configs list it in `layer_types`; older ones have a number under a key of their family, or nothing. Where a config
 * has both, they must agree.
 */
import { check } from "@ropewalk/check";
import { placeOf, positiveInteger, valueOf, type ConfigObject } from "./config-object.ts";
import { mostLayers } from "./model-sizes.ts";

/** Whether a layer has the sliding window, and whether it rotates its queries and keys. */
export type LayerRule = { readonly slides: boolean; readonly rotates: boolean };

/** Layers that all rotate, and of which these slide. */
export const rotating = (slides: readonly boolean[]): readonly LayerRule[] =>
  slides.map((own) => ({ slides: own, rotates: true }));

const slidingType = "sliding_attention";
const fullType = "full_attention";

const typeOf = (slides: boolean): string => (slides ? slidingType : fullType);

/** The indices of a config's layers. */
export const layersOf = (config: ConfigObject): readonly number[] =>
  Array.from({ length: positiveInteger(config, "num_hidden_layers", mostLayers) }, (_, layer) => layer);

/**
 * For each layer, whether it slides by layer_types; undefined where the key is absent.
 *
 * @throws RangeError and TypeError when it is no list, has another length than the number of layers, or a type that is not known
 */
export const readLayerTypes = (config: ConfigObject): readonly boolean[] | undefined => {
  const types = valueOf(config, "layer_types");
  if (types === undefined) return undefined;
  check(Array.isArray(types), `${placeOf(config, "layer_types")} must be a list`, types, "object");
  const numLayers = layersOf(config).length;
  check(
    types.length === numLayers,
    `${placeOf(config, "layer_types")} must have one type for each of ${numLayers} layers`,
    types.length,
  );
  const unknown = (types as readonly unknown[]).findIndex((type) => type !== slidingType && type !== fullType);
  check(
    unknown < 0,
    `${placeOf(config, "layer_types")}[${unknown}] must be ${fullType} or ${slidingType}`,
    types[unknown],
    "string",
  );
  return (types as readonly unknown[]).map((type) => type === slidingType);
};

/** An error shows at most so many entries of a list. Of a longer list it shows the wrong entry alone. */
const mostShown = 8;

const shownTypes = (types: unknown, wanted: string): unknown => {
  if (!Array.isArray(types) || types.length <= mostShown) return types;
  const other = types.findIndex((type) => type !== wanted);
  return `${types[other]} for layer ${other}`;
};

/** @throws RangeError where layer_types contradicts the other keys, naming the first such layer, or has another length */
export const checkLayerTypes = (config: ConfigObject, slides: readonly boolean[]): void => {
  const types = valueOf(config, "layer_types");
  if (types === undefined) return;
  const wanted = slides.map(typeOf);
  const agrees = Array.isArray(types) && types.length === wanted.length;
  if (wanted.every((type) => type === wanted[0])) {
    const same = agrees && types.every((type) => type === wanted[0]);
    if (!same && Array.isArray(types) && types.length > mostShown) readLayerTypes(config);
    check(
      same,
      `${placeOf(config, "layer_types")} must be ${wanted.length} times ${wanted[0]}, as the other keys say`,
      shownTypes(types, wanted[0]!),
    );
    return;
  }
  const other = (readLayerTypes(config) ?? slides).findIndex((own, layer) => own !== slides[layer]);
  check(
    other < 0,
    `${placeOf(config, "layer_types")}[${other}] must be ${wanted[other]}, as the other keys say`,
    typeOf(!slides[other]),
  );
};
