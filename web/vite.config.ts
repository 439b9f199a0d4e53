/// <reference types="vitest/config" />
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import vue from '@vitejs/plugin-vue'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import components from 'unplugin-vue-components/vite'
import type { Plugin } from 'vite'
import { defineConfig } from 'vite'

const gateway = process.env.SHELFCAST_URL ?? `http://127.0.0.1:${process.env.SHELFCAST_PORT ?? 8000}`

/** Lay a compressed copy beside each file that shrinks: the gateway sends it as it is. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = 'dist' }) {
      for (const name of readdirSync(join(dir, 'assets'))) {
        if (/\.(js|css|svg)$/.test(name)) {
          const path = join(dir, 'assets', name)
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
        }
      }
    },
  }
}

export default defineConfig(({ mode }) => ({
  plugins: [
    vue(),
    compressed(),
    // Only Element Plus is found by its prefix; our own components are imported by name.
    components({
      dirs: [],
      dts: 'src/element-plus.d.ts',
      resolvers: [ElementPlusResolver({ importStyle: mode === 'test' ? false : 'css' })],
    }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  server: { host: '127.0.0.1', proxy: { '/api': { target: gateway, ws: true } } },
  build: { target: 'es2022', chunkSizeWarningLimit: 700 },
  test: {
    environment: 'node',
    include: ['src/**/*.test.ts'],
    server: { deps: { inline: ['element-plus'] } },
  },
}))
