/** Attributes that any component hands on to its root element. */
export {}

declare module 'vue' {
  interface ComponentCustomProps {
    'aria-label'?: string
    'aria-current'?: 'page'
    title?: string
  }
}
