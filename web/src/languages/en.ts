export default import.meta.glob(['../*/locales/en.json', '!../{meeting,flows,emoji,search,calls,notices}/**'], { eager: true, import: 'default' });
