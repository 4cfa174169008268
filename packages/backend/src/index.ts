export { runChecks, type Backend, type ExternalData, type Fetches, type Session } from "./backend.ts";
export type { Buffer, StridedCopy } from "./buffer.ts";
export {
  float32,
  int64,
  type DeviceTensor,
  type HostTensor,
  type Tensor,
  type TensorData,
  type TensorType,
} from "./tensor.ts";
