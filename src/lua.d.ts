/** Lua sources, example programs and scripts for shells are bundled as text (esbuild `--loader:.lua=text`; a plugin of two lines in vitest). */
declare module "*.lua" {
  const source: string;
  export default source;
}

declare module "*.example" {
  const source: string;
  export default source;
}

declare module "*.script" {
  const source: string;
  export default source;
}
