export { extendExport, type ExtendOptions, type ExtendedExport } from "./extend-export.ts";
