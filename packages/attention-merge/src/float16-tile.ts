/** How many tokens a tile of float16 keys and values has. Sums within a tile are in float16, sums of tiles in float32. */
export const float16Tile = 128;
