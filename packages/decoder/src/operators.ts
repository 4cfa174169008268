/**
 * The operators that a graph may hold.
 *
 *   all    every operator of ONNX. Long chunks attend head after head, in a Scan inside an If
 *   plain  no operator with inner graphs, and only float32 and integers. GPU providers have no If, no Scan and no bfloat16: the
 *          runtime would compute them on the CPU and copy their inputs and outputs there and back. Float16 depends on the
 *          precision, because many GPUs have none. Weights may be stored in fewer bits; they are widened when the session loads
 */
export type Operators = "all" | "plain";
