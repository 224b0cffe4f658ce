from bad_import_raises.helper import Missing
