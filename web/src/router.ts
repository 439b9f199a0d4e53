import { createRouter, createWebHistory } from 'vue-router'

declare module 'vue-router' {
  interface RouteMeta {
    /** The key of the page's title in the glossary. */
    title: string
  }
}

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', component: () => import('./pages/HomePage.vue'), meta: { title: 'home.title' } },
    { path: '/datasets', component: () => import('./pages/DatasetsPage.vue'), meta: { title: 'datasets.title' } },
    { path: '/datasets/new', component: () => import('./pages/UploadPage.vue'), meta: { title: 'upload.title' } },
    {
      path: '/datasets/:id',
      component: () => import('./pages/DatasetPage.vue'),
      props: true,
      meta: { title: 'datasets.one' },
    },
    {
      path: '/datasets/:id/remake',
      component: () => import('./pages/RemakePage.vue'),
      props: true,
      meta: { title: 'remake.short' },
    },
    { path: '/train', component: () => import('./pages/TrainPage.vue'), meta: { title: 'train.title' } },
    { path: '/tasks', component: () => import('./pages/TasksPage.vue'), meta: { title: 'tasks.title' } },
    { path: '/tasks/:id', component: () => import('./pages/TaskPage.vue'), props: true, meta: { title: 'tasks.one' } },
    { path: '/models', component: () => import('./pages/ModelsPage.vue'), meta: { title: 'models.title' } },
    {
      path: '/models/:name',
      component: () => import('./pages/ModelPage.vue'),
      props: true,
      meta: { title: 'models.one' },
    },
    { path: '/forecast', component: () => import('./pages/ForecastPage.vue'), meta: { title: 'forecast.title' } },
    { path: '/forecasts', component: () => import('./pages/ForecastsPage.vue'), meta: { title: 'forecasts.title' } },
    {
      path: '/forecasts/:id',
      component: () => import('./pages/SavedForecastPage.vue'),
      props: true,
      meta: { title: 'forecasts.one' },
    },
    { path: '/settings', component: () => import('./pages/SettingsPage.vue'), meta: { title: 'settings.title' } },
    { path: '/:rest(.*)*', component: () => import('./pages/LostPage.vue'), meta: { title: 'lost.title' } },
  ],
})
