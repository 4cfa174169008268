/**
 * Activations, elementwise.
 *
 *   silu      x sigmoid(x)                                            also known as Swish
 *   geluTanh  x (1 + tanh(sqrt(2 / π) (x + 0.044715 x³))) / 2         Hendrycks and Gimpel, arXiv 1606.08415, section 2
 */
import type { Value } from "@ropewalk/graph";
import type { Builder } from "../decoder.ts";

/** An activation records itself: x to σ(x). */
export type Activation = (builder: Builder, x: Value) => Value;

export const silu: Activation = ({ tape }, x) => tape.op("Mul", [x, tape.op("Sigmoid", [x])]);

export const geluTanh: Activation = ({ tape }, x) => tape.op("Gelu", [x], { approximate: "tanh" });
