/**
 * One layer's attention over past and new keys. The cache holds them one behind the other, rotated to the positions of the outermost
 * band. H query heads share h key-value heads, so queries have the layout [batch, h, H / h * queryLen, headDim].
 *
 *     everything   S = q kᵀ
 *     window       S = q kᵀ over the last keys that any query sees
 *     near-far     S = q_far kᵀ, but q_near turn(k)ᵀ for keys that are near to their query
 *
 *     out = softmax(softcap(S) + mask) v
 *
 * turn(k) rotates a cached key from its far position to its near one. Far keys are scored once; only the last
 * window + queryLen - 1 are scored again. Scores, their softmax and the weighted sum are float32, whatever the type of the cache.
 */
import { byKind } from "@ropewalk/check";
import type { AttentionPath } from "@ropewalk/context-extension";
import type { Value } from "@ropewalk/graph";
import { refuseMasks } from "./refuse-masks.ts";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { integers, slice, toEnd, type EmitContext } from "./emit-context.ts";
import type { EmitGroup } from "./emit-group.ts";
import { emitHeads, emitOutput } from "./heads.ts";
import { emitIsNear, emitMask, emitNearLength, emitNearStart, emitWindowMask } from "./masks.ts";
import { emitPositions, type Positions } from "./positions.ts";
import { emitQueryScale } from "./query-scale.ts";
import { emitRotation, rotate, toType, type Rotation } from "./rotation.ts";
import { emitWeights, type WeightsRequest } from "./attention-weights.ts";

/** A layer's scores and values over the keys that its bands read, and the mask for these keys. */
type Scored = {
  readonly scores: Value;
  readonly values: Value;
  /** The number of these keys, [1]. */
  readonly numKeys: Value;
  readonly mask: Value;
};

type Layer = {
  readonly context: EmitContext;
  readonly attentionMatch: AttentionMatch;
  readonly group: EmitGroup;
  readonly positions: Positions;
  /** Queries [batch, numHeads, queryLen, headDim], scaled. */
  readonly query: Value;
  /** Keys of the outermost rotation and values, [batch, numKvHeads, totalLen, headDim]. */
  readonly keys: Value;
  readonly values: Value;
};

/** The shape [batch, heads, rows, numKeys] of scores, recorded once for all layers. */
const emitScoreShape = (context: EmitContext, heads: number, numKeys: Value): Value =>
  context.once(`shape ${heads} ${numKeys.name}`, () =>
    context.tape.op("Concat", [integers(context, 0, heads, -1), numKeys], { axis: 0 }),
  );

/** q kᵀ as float32 [batch, numHeads, queryLen, numKeys], for keys [batch, numKvHeads, numKeys, headDim]. */
const emitScores = ({ context, attentionMatch }: Layer, query: Value, keys: Value, numKeys: Value): Value => {
  const { tape } = context;
  const { numHeads, numKvHeads, headDim } = attentionMatch;
  const wide = toType(context, query, "float32");
  const grouped = tape.op("Reshape", [wide, integers(context, 0, numKvHeads, -1, headDim)]);
  const columns = tape.op("Transpose", [toType(context, keys, "float32")], { perm: [0, 1, 3, 2] });
  return tape.op("Reshape", [tape.op("MatMul", [grouped, columns]), emitScoreShape(context, numHeads, numKeys)]);
};

type Rotations = { readonly query: Rotation | undefined; readonly key: Rotation | undefined };

const rotations = (
  {
    context,
    attentionMatch: { type },
    group,
    positions,
  }: Pick<Layer, "context" | "attentionMatch" | "group" | "positions">,
  band: number,
): Rotations => {
  const { query, key } = group.positions.bands[band]!;
  const of = (name: string, position: (i: number) => number): Rotation | undefined =>
    emitRotation(context, { group, type }, { name, position, tokens: positions.queries, role: "position" });
  return { query: of(`query.${band}`, query), key: of(`key.${band}`, key) };
};

const attendEverything = (layer: Layer): Scored => {
  const { context, attentionMatch, positions, keys, values } = layer;
  const query = rotate(context, attentionMatch, layer.query, rotations(layer, 0).query);
  const numKeys = positions.totalLen;
  return { scores: emitScores(layer, query, keys, numKeys), values, numKeys, mask: emitMask(context, positions) };
};

const attendWindow = (layer: Layer, window: number): Scored => {
  const { context, attentionMatch, positions } = layer;
  const from = emitNearStart(context, positions, window);
  const [keys, values] = [layer.keys, layer.values].map((x) => slice(context, x, 2, from, toEnd(context)));
  const query = rotate(context, attentionMatch, layer.query, rotations(layer, 0).query);
  const numKeys = emitNearLength(context, positions, window);
  return {
    scores: emitScores(layer, query, keys!, numKeys),
    values: values!,
    numKeys,
    mask: emitWindowMask(context, positions, window, from),
  };
};

/** Cached keys from `from` on, rotated from their far positions to their near ones. */
const emitTurned = ({ context, attentionMatch, group, positions, keys }: Layer, window: number, from: Value): Value => {
  const [near, far] = group.positions.bands;
  const tokens = context.once(`near tokens ${window}`, () => slice(context, positions.keys, 1, from, toEnd(context)));
  const position = (j: number): number => near!.key(j) - far!.key(j);
  const turn = emitRotation(
    context,
    { group, type: attentionMatch.type },
    { name: "turn", position, tokens, role: "turn" },
  );
  return rotate(context, attentionMatch, slice(context, keys, 2, from, toEnd(context)), turn);
};

const attendNearFar = (layer: Layer, window: number): Scored => {
  const { context, attentionMatch, positions, keys, values } = layer;
  const { tape } = context;
  const from = emitNearStart(context, positions, window);
  const [nearQuery, farQuery] = [0, 1].map((band) =>
    rotate(context, attentionMatch, layer.query, rotations(layer, band).query),
  );
  const far = emitScores(layer, farQuery!, keys, positions.totalLen);
  const near = emitScores(
    layer,
    nearQuery!,
    emitTurned(layer, window, from),
    emitNearLength(context, positions, window),
  );
  const recent = tape.op("Where", [
    emitIsNear(context, positions, window, from),
    near,
    slice(context, far, 3, from, toEnd(context)),
  ]);
  const before = slice(context, far, 3, integers(context, 0), from);
  return {
    scores: tape.op("Concat", [before, recent], { axis: 3 }),
    values,
    numKeys: positions.totalLen,
    mask: emitMask(context, positions),
  };
};

/** weights values: [batch, numHeads, queryLen, headDim]. */
const emitWeighted = ({ context, attentionMatch }: Layer, { values, numKeys }: Scored, weights: Value): Value => {
  const { tape } = context;
  const { numHeads, numKvHeads, headDim, type } = attentionMatch;
  const grouped = tape.op("Reshape", [weights, emitScoreShape(context, numKvHeads, numKeys)]);
  const attended = tape.op("MatMul", [grouped, toType(context, values, "float32")]);
  return tape.op("Reshape", [toType(context, attended, type), integers(context, 0, numHeads, -1, headDim)]);
};

export type LayerRequest = WeightsRequest & {
  /** The graph's attention mask, [batch, totalLen]. */
  readonly mask: Value;
};

/** Records the attention of a layer. Its outputs have the names of the export's. */
export const emitAttention = (shared: EmitContext, request: LayerRequest): void => {
  const { attentionMatch, index, group, mask } = request;
  const { type } = attentionMatch;
  const tape = shared.tape.scope(`layers.${index}`);
  const context: EmitContext = { ...shared, tape };
  const past = {
    key: shared.value(attentionMatch.past.key, type, 4),
    value: shared.value(attentionMatch.past.value, type, 4),
  };
  const positions = emitPositions(shared, { mask, past: past.key });
  const heads = emitHeads(context, attentionMatch);

  const outermost = group.positions.bands.length - 1;
  const key = rotate(
    context,
    attentionMatch,
    heads.key,
    rotations({ context: shared, attentionMatch, group, positions }, outermost).key,
  );
  const joined = (old: Value, fresh: Value, output: string): Value =>
    tape.op("Concat", [old, fresh], { axis: 2 }, { output });
  const keys = joined(past.key, key, attentionMatch.present.key);
  const values = joined(past.value, heads.value, attentionMatch.present.value);

  const queryScale = { layer: index, scale: attentionMatch.scale, entropy: group.entropy };
  const scale = toType(shared, emitQueryScale(shared, positions, queryScale), type);
  const query = tape.op("Mul", [heads.query, scale]);
  const layer: Layer = { context, attentionMatch, group, positions, query, keys, values };
  const scored = byKind<AttentionPath, Scored, []>("extendModel", "attentionPath", group.attentionPath, {
    everything: () => attendEverything(layer),
    window: ({ window }) => attendWindow(layer, window),
    "near-far": ({ window }) => attendNearFar(layer, window),
    chunked: () => refuseMasks(group),
    masked: () => refuseMasks(group),
  });
  emitOutput(context, attentionMatch, emitWeighted(layer, scored, emitWeights(context, request, scored)));
};
