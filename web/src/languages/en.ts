export default import.meta.glob(['../*/locales/en.json', '!../{meeting,flows,emoji,search}/**'], { eager: true, import: 'default' });
