/** Where golden files and fixtures lie, from the repository's root. A page asks its server for them by these paths. */

/** Files that a tiny checkpoint is tested with: checkpoints in two folders, adapters in a third. */
export const modelVectors = "packages/models/test/vectors";

/** Checkpoints of every family, with logits of Hugging Face transformers. */
export const tinyCheckpoints = "packages/models/test/vectors/tiny";

/** Checkpoints whose layers differ, or whose heads have a width or norms of their own. */
export const layeredCheckpoints = "packages/models/test/vectors/layered";

/** Exports that other tools made of tiny checkpoints. */
export const onnxExports = "packages/onnx-exports/test/vectors";

/** What other implementations give for the two models that ship. */
export const tinyModelGoldens = "packages/tiny-models/test/vectors";

/** The language of a passkey task, as a file that a model folder may have. */
export const namedTask = "packages/evals/test/named-task.json";

/** The ids that llama.cpp gives for texts, by tokenizers in GGUF files. */
export const tokenizerIds = "packages/generation/test/vectors/gguf-tokenizers.json";

/** GGUF files that gguf-py wrote, with logits of their dequantized weights, and the values of ten types of blocks. */
export const ggufVectors = "packages/gguf/test/vectors";
