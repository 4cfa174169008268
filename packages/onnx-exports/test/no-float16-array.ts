/**
 * ONNX Runtime takes float16 as Uint16Array or as Float16Array, whichever Node has, and its Node binding reads only the
 * former back (1.30). Imported before it, this leaves it the former.
 */
Reflect.deleteProperty(globalThis, "Float16Array");
