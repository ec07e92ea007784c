"""What users give by name: locators, and files of passwords."""
