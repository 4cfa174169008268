/** Tokens in a tile of keys and values in float16: so many are summed in float16, tiles in float32. */
export const float16Tile = 128;
