export default import.meta.glob(['../*/locales/en.json', '!../meeting/**'], { eager: true, import: 'default' });
