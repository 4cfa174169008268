export { extendFolder, type FolderOptions, type ExtendedFolder } from "./folder/disk/extend-folder.ts";
export { trainedContextOf } from "./folder/disk/trained-context.ts";
