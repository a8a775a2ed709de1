/** Lua sources are bundled as text (esbuild `--loader:.lua=text`; a plugin of two lines does it in vitest). */
declare module "*.lua" {
  const source: string;
  export default source;
}
