/** Kept equal to package.json by a test: reading the file at run time would cost a system call for one word. */
export const VERSION = "0.1.0";
