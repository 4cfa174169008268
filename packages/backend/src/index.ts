export { runChecks, type Backend, type ExternalData, type Fetches, type Memory, type Session } from "./backend.ts";
export { bytesOfBuffer, type TensorBuffer, type BufferType, type StridedCopy } from "./tensor-buffer.ts";
export { firstAvailable } from "./first-available.ts";
export {
  float16,
  float32,
  float64,
  freeTensors,
  int64,
  int8,
  sizeOf,
  type DeviceTensor,
  type HostTensor,
  type Tensor,
  type TensorData,
  type TensorType,
} from "./tensor.ts";
