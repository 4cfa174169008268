/**
 * The operators that a graph may hold.
 *
 *   all    every operator of ONNX. Long chunks attend head after head, in a Scan inside an If
 *   plain  no operator with inner graphs, and only float32 and integers. GPU providers have no If, no Scan and no bfloat16: the
 *          runtime would compute them on the CPU and copy their inputs and outputs there and back. Float16 depends on the
 *          precision, because many GPUs have none. Weights may be stored in fewer bits; they are widened when the session loads
 */
export type Operators = "all" | "plain";

/**
 * How a graph attends to the cache.
 *
 *   operators  as operators of ONNX
 *   kernel     as one node a layer, which no runtime of ONNX knows: for a backend that cuts graphs there and runs a kernel of its own
 */
export const attentionForms = ["operators", "kernel"] as const;

export type AttentionForm = (typeof attentionForms)[number];
