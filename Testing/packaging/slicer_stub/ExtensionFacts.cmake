# Writes the extension's description down for the test.
foreach(fact HOMEPAGE CONTRIBUTORS DESCRIPTION ICONURL SCREENSHOTURLS DEPENDS)
  if("${EXTENSION_${fact}}" STREQUAL "")
    message(FATAL_ERROR "EXTENSION_${fact} is not set")
  endif()
  file(APPEND "${CMAKE_BINARY_DIR}/extension-facts.txt" "${fact}=${EXTENSION_${fact}}\n")
endforeach()
