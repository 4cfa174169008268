/** Logits of the token at index `at`, from logits [tokens, vocabSize]. */
export const logitsRow = (logits: Float32Array, vocabSize: number, at: number): Float32Array =>
  logits.subarray(at * vocabSize, (at + 1) * vocabSize);
