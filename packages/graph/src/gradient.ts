// Gradients as a graph: an entry of its own, so that what only runs graphs carries none of it.

export { differentiable } from "./gradient/table.ts";
export { differentiate, gradientOf, type Differentiation } from "./gradient/differentiate.ts";
