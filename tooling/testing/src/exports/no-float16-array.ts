/**
 * ONNX Runtime takes float16 as Uint16Array or as Float16Array, whichever Node has, and its Node binding reads only the
 * former back (1.30). Called before the first tensor, this leaves it the former.
 */
export const hideFloat16Array = (): void => void Reflect.deleteProperty(globalThis, "Float16Array");
