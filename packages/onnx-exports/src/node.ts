export { extendFolder, trainedContextOf, type FolderOptions, type ExtendedFolder } from "./folder.ts";
