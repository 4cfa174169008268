/** Tokens in a block of keys and values in float16: so many are summed in float16, blocks in float32. */
export const halfBlock = 128;
