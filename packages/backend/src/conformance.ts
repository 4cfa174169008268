export { conformanceCases, type ConformanceCase } from "./conformance/conformance-cases.ts";
export { tolerance } from "./conformance/graphs.ts";
