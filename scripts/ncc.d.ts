/** The part of ncc's API that the build uses; ncc ships no types of its own. */
declare module '@vercel/ncc' {
  export default function ncc(
    input: string,
    options: {
      esm: boolean
      cache: boolean
      quiet: boolean
      target: string
      license: string
    }
  ): Promise<{ code: string; assets: Record<string, { source: Buffer | string }> }>
}
