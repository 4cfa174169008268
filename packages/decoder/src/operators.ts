/**
 * Which operators a graph may hold.
 *
 *   all    ONNX's. Long chunks attend head after head, in a Scan behind an If
 *   plain  one operator after another, over float32 and integers: a GPU's provider has no If, no Scan and no bfloat16, so that
 *          they would be computed on the CPU, with everything they read and give carried there and back; and many a GPU has no
 *          float16, which is another argument. Weights may be narrower: they are widened when the session loads
 */
export type Operators = "all" | "plain";
