export { emitRotaryEmbedding } from "./onnx/rotary-embedding.ts";
export { emitRotate } from "./onnx/rotate.ts";
